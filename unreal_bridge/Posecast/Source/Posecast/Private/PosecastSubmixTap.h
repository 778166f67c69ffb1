#pragma once

#include "AudioDevice.h"
#include "AudioDeviceHandle.h"
#include "Core/CaptureRing.h"
#include "CoreMinimal.h"
#include "Sound/SoundSubmix.h"
#include "UObject/StrongObjectPtr.h"

#if __has_include("ISubmixBufferListener.h")
#include "ISubmixBufferListener.h"
#endif

#include <memory>

/** What a submix plays, into a ring. */
class FPosecastSubmixTap {
public:
  ~FPosecastSubmixTap() { Stop(); }

  /** Without a submix: the main one. */
  bool Start(const FAudioDeviceHandle& Device, USoundSubmix* Submix,
             const std::shared_ptr<posecast::plugin::CaptureRing>& Ring);
  void Stop();

private:
  class FListener;

  FAudioDeviceHandle Device;
  TStrongObjectPtr<USoundSubmix> Submix;
  TSharedPtr<FListener, ESPMode::ThreadSafe> Listener;
};
