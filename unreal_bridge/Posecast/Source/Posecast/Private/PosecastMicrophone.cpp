#include "PosecastMicrophone.h"

bool FPosecastMicrophone::Start(const std::shared_ptr<posecast::plugin::CaptureRing>& Ring) {
  Stop();
  // On the device's thread: copy and return.
  Audio::FOnAudioCaptureFunction OnCapture = [Ring](const void* Samples, int32 NumFrames,
                                                    int32 NumChannels, int32 SampleRate,
                                                    double /*StreamTime*/, bool /*bOverflow*/) {
    Ring->write(static_cast<const float*>(Samples), static_cast<std::size_t>(NumFrames),
                static_cast<uint32>(NumChannels), static_cast<uint32>(SampleRate));
  };
  constexpr uint32 NumFramesDesired = 512;
  const Audio::FAudioCaptureDeviceParams Params;
  return Capture.OpenAudioCaptureStream(Params, MoveTemp(OnCapture), NumFramesDesired) &&
         Capture.StartStream();
}

void FPosecastMicrophone::Stop() {
  if (Capture.IsStreamOpen()) {
    Capture.StopStream();
    Capture.CloseStream();
  }
}
