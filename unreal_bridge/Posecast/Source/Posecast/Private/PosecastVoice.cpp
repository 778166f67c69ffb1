#include "PosecastVoice.h"

#include "Misc/FileHelper.h"
#include "PosecastConversions.h"
#include "PosecastModule.h"

FPosecastVoice::FPosecastVoice()
    : Stream(FPosecastModule::Get().GetFunctions(), FPosecastModule::Get().GetLibraryFault()) {}

FPosecastVoice::~FPosecastVoice() {
  StopCapture();
}

FString FPosecastVoice::Open(const FOptions& Options) {
  StopCapture();
  posecast::plugin::VoiceOptions CoreOptions;
  CoreOptions.connection = ToCore(Options.Connection);
  CoreOptions.is_heard_here = Options.bIsHeardHere;
  CoreOptions.most_wait_s = Options.MostWait;
  CoreOptions.output_latency_s = Options.OutputLatency;
  const FString& RootsFile = Options.Connection.RootCertificatesFile;
  if (!RootsFile.IsEmpty()) {
    FString Roots;
    if (FFileHelper::LoadFileToString(Roots, *RootsFile)) {
      CoreOptions.root_certificates_pem = ToUtf8(Roots);
    } else {
      CoreOptions.fault = "the root certificates cannot be read: " + ToUtf8(RootsFile);
    }
  }
  return ToFString(Stream.open(CoreOptions));
}

bool FPosecastVoice::StartMicrophone() {
  StopCapture();
  if (Microphone.Start(Stream.begin_capture())) {
    return true;
  }
  StopCapture();
  return false;
}

bool FPosecastVoice::StartSubmix(const FAudioDeviceHandle& Device, USoundSubmix* Submix) {
  StopCapture();
  if (SubmixTap.Start(Device, Submix, Stream.begin_capture())) {
    return true;
  }
  StopCapture();
  return false;
}

void FPosecastVoice::StopCapture() {
  Microphone.Stop();
  SubmixTap.Stop();
  Stream.end_capture();
}
