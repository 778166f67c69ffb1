#pragma once

#include "Core/Voice.h"
#include "CoreMinimal.h"
#include "PosecastMicrophone.h"
#include "PosecastSubmixTap.h"
#include "PosecastTypes.h"

/** A stream and what it listens to; a component shares it with its Live Link source. */
class FPosecastVoice {
public:
  FPosecastVoice();
  ~FPosecastVoice();

  struct FOptions {
    FPosecastConnection Connection;
    bool bIsHeardHere = false;
    double MostWait = 1;
    double OutputLatency = 0;
  };
  /** What is wrong, or nothing. */
  FString Open(const FOptions& Options);

  bool StartMicrophone();
  bool StartSubmix(const FAudioDeviceHandle& Device, USoundSubmix* Submix);
  void StopCapture();

  posecast::plugin::Voice Stream;

private:
  FPosecastMicrophone Microphone;
  FPosecastSubmixTap SubmixTap;
};
