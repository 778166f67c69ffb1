#include "PosecastSoundWave.h"

#include "Sound/SoundWave.h"

bool ReadPosecastSamples(const USoundWave& Sound, TArray<uint8>& Pcm, int32& SampleRate,
                         int32& NumChannels) {
#if WITH_EDITOR
  uint32 Rate = 0;
  uint16 Channels = 0;
  if (!Sound.GetImportedSoundWaveData(Pcm, Rate, Channels)) {
    return false;
  }
  SampleRate = static_cast<int32>(Rate);
  NumChannels = Channels;
  return Pcm.Num() > 0;
#else
  static_cast<void>(Sound);
  Pcm.Reset();
  SampleRate = NumChannels = 0;
  return false;
#endif
}
