#pragma once
#include "CoreMinimal.h"
#define INDEFINITELY_LOOPING_DURATION 10000.0f
enum class EVirtualizationMode : uint8 { Disabled, PlayWhenSilent, Restart };
class USoundBase : public UObject {
public:
  EVirtualizationMode VirtualizationMode;
  float Duration;
};
class USoundWave : public USoundBase {
public:
  int32 NumChannels;
  void SetSampleRate(uint32 rate, bool is_from_editor = false);
#if WITH_EDITOR
  bool GetImportedSoundWaveData(TArray<uint8>& pcm, uint32& sample_rate,
                                uint16& num_channels) const;
#endif
};
