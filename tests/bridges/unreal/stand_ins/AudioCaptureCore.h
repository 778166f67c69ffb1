#pragma once
#include "CoreMinimal.h"
namespace Audio {
struct FAudioCaptureDeviceParams {
  int32 DeviceIndex = -1;
};
using FOnAudioCaptureFunction =
    TFunction<void(const void* audio, int32 num_frames, int32 num_channels, int32 sample_rate,
                   double stream_time, bool has_overflown)>;
class FAudioCapture {
public:
  FAudioCapture();
  ~FAudioCapture();
  bool OpenAudioCaptureStream(const FAudioCaptureDeviceParams& params,
                              FOnAudioCaptureFunction on_capture, uint32 num_frames_desired);
  bool StartStream();
  bool StopStream();
  bool CloseStream();
  bool IsStreamOpen() const;
};
} // namespace Audio
