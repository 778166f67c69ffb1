#pragma once

#include "CoreMinimal.h"

class USoundWave;

/** A sound wave's 16-bit samples. The editor alone has them: false in a packaged game. */
bool ReadPosecastSamples(const USoundWave& Sound, TArray<uint8>& Pcm, int32& SampleRate,
                         int32& NumChannels);
