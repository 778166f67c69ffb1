#pragma once
#include "AudioDeviceHandle.h"
#include "CoreMinimal.h"
class UEngine : public UObject {
public:
  FAudioDeviceHandle GetMainAudioDevice();
};
extern UEngine* GEngine;
