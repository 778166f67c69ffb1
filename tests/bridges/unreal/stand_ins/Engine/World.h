#pragma once
#include "AudioDeviceHandle.h"
#include "CoreMinimal.h"
class UWorld : public UObject {
public:
  FAudioDeviceHandle GetAudioDevice() const;
};
