#pragma once
#include "CoreMinimal.h"
class USoundSubmix;
class ISubmixBufferListener {
public:
  virtual ~ISubmixBufferListener() = default;
  virtual void OnNewSubmixBuffer(const USoundSubmix* OwningSubmix, float* AudioData,
                                 int32 NumSamples, int32 NumChannels, const int32 SampleRate,
                                 double AudioClock) = 0;
};
