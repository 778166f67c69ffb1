#include "PosecastSubmixTap.h"

#include "Misc/EngineVersionComparison.h"

/** On the audio render thread: copy and return. */
class FPosecastSubmixTap::FListener : public ISubmixBufferListener {
public:
  explicit FListener(const std::shared_ptr<posecast::plugin::CaptureRing>& InRing) : Ring(InRing) {}

  virtual void OnNewSubmixBuffer(const USoundSubmix* /*OwningSubmix*/, float* AudioData,
                                 int32 NumSamples, int32 NumChannels, const int32 SampleRate,
                                 double /*AudioClock*/) override {
    if (NumChannels > 0) {
      Ring->write(AudioData, static_cast<std::size_t>(NumSamples / NumChannels),
                  static_cast<uint32>(NumChannels), static_cast<uint32>(SampleRate));
    }
  }

private:
  std::shared_ptr<posecast::plugin::CaptureRing> Ring;
};

bool FPosecastSubmixTap::Start(const FAudioDeviceHandle& InDevice, USoundSubmix* InSubmix,
                               const std::shared_ptr<posecast::plugin::CaptureRing>& Ring) {
  Stop();
  if (!InDevice.IsValid()) {
    return false;
  }
  Device = InDevice;
  Submix.Reset(InSubmix != nullptr ? InSubmix : &Device->GetMainSubmixObject());
  Listener = MakeShared<FListener, ESPMode::ThreadSafe>(Ring);
#if UE_VERSION_OLDER_THAN(5, 4, 0)
  Device->RegisterSubmixBufferListener(Listener.Get(), Submix.Get());
#else
  Device->RegisterSubmixBufferListener(Listener.ToSharedRef(), *Submix.Get());
#endif
  return true;
}

void FPosecastSubmixTap::Stop() {
  if (!Listener.IsValid()) {
    return;
  }
#if UE_VERSION_OLDER_THAN(5, 4, 0)
  Device->UnregisterSubmixBufferListener(Listener.Get(), Submix.Get());
#else
  Device->UnregisterSubmixBufferListener(Listener.ToSharedRef(), *Submix.Get());
#endif
  Listener.Reset();
  Submix.Reset();
  Device.Reset();
}
