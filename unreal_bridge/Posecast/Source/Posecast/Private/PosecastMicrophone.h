#pragma once

#include "AudioCaptureCore.h"
#include "Core/CaptureRing.h"
#include "CoreMinimal.h"

#include <memory>

/** The default recording device, into a ring. */
class FPosecastMicrophone {
public:
  ~FPosecastMicrophone() { Stop(); }

  bool Start(const std::shared_ptr<posecast::plugin::CaptureRing>& Ring);
  void Stop();

private:
  Audio::FAudioCapture Capture;
};
