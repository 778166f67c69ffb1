#include "PosecastConversions.h"

#include "Containers/StringConv.h"

using namespace posecast::plugin;

// The enumerations are the same on both sides, in the same order.
static_assert(static_cast<int>(EPosecastLatency::Realtime) == static_cast<int>(Latency::kRealtime));
static_assert(static_cast<int>(EPosecastCapture::Game) == static_cast<int>(Capture::kGame));
static_assert(static_cast<int>(EPosecastStatus::Behind) == static_cast<int>(Condition::kBehind));
static_assert(static_cast<int>(EPosecastStatus::Calibrating) ==
              static_cast<int>(Condition::kCalibrating));

FString ToFString(const std::string& Text) {
  return FString(UTF8_TO_TCHAR(Text.c_str()));
}

std::string ToUtf8(const FString& Text) {
  return std::string(TCHAR_TO_UTF8(*Text));
}

static HeadScale ToCore(const FPosecastHeadScale& Scale) {
  switch (Scale.Preset) {
  case EPosecastHeadPreset::MetaHuman:
    return kMetaHumanHead;
  case EPosecastHeadPreset::ARKit:
    return kArkitHead;
  case EPosecastHeadPreset::Degrees:
    return kDegreesHead;
  default:
    return {Scale.Yaw, Scale.Pitch, Scale.Roll};
  }
}

static FPosecastHeadScale FromCore(const HeadScale& Scale) {
  FPosecastHeadScale Result;
  Result.Preset = Scale == kMetaHumanHead ? EPosecastHeadPreset::MetaHuman
                  : Scale == kArkitHead   ? EPosecastHeadPreset::ARKit
                  : Scale == kDegreesHead ? EPosecastHeadPreset::Degrees
                                          : EPosecastHeadPreset::Custom;
  Result.Yaw = Scale.yaw;
  Result.Pitch = Scale.pitch;
  Result.Roll = Scale.roll;
  return Result;
}

Connection ToCore(const FPosecastConnection& From) {
  Connection To;
  To.address = ToUtf8(From.Address);
  To.uses_tls = From.bUsesTls;
  To.token = ToUtf8(From.Token);
  To.root_certificates_file = ToUtf8(From.RootCertificatesFile);
  To.server_name = ToUtf8(From.ServerName);
  To.subject = ToUtf8(From.Subject);
  To.style = ToUtf8(From.Style);
  To.style_strength = From.StyleStrength;
  To.frame_rate_hz = static_cast<uint32>(FMath::Max(0, From.FrameRate));
  To.latency = static_cast<Latency>(From.Latency);
  To.capture = static_cast<Capture>(From.Audio);
  To.head_scale = ToCore(From.HeadScale);
  To.idles = From.bIdles;
  To.calibrates = From.bCalibrates;
  return To;
}

FPosecastConnection FromCore(const Connection& From) {
  FPosecastConnection To;
  To.Address = ToFString(From.address);
  To.bUsesTls = From.uses_tls;
  To.Token = ToFString(From.token);
  To.RootCertificatesFile = ToFString(From.root_certificates_file);
  To.ServerName = ToFString(From.server_name);
  To.Subject = ToFString(From.subject);
  To.Style = ToFString(From.style);
  To.StyleStrength = From.style_strength;
  To.FrameRate = static_cast<int32>(From.frame_rate_hz);
  To.Latency = static_cast<EPosecastLatency>(From.latency);
  To.Audio = static_cast<EPosecastCapture>(From.capture);
  To.HeadScale = FromCore(From.head_scale);
  To.bIdles = From.idles;
  To.bCalibrates = From.calibrates;
  return To;
}

EPosecastStatus ToStatus(Condition From) {
  return static_cast<EPosecastStatus>(From);
}
