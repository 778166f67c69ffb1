#pragma once
#include "Sound/SoundWave.h"
class USoundWaveProcedural : public USoundWave {
public:
  void QueueAudio(const uint8* audio, const int32 size);
  int32 GetAvailableAudioByteCount();
  void ResetAudio();
};
