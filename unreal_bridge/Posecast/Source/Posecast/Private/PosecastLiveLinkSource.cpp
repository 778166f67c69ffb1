#include "PosecastLiveLinkSource.h"

#include "AudioDevice.h"
#include "Core/Calibration.h"
#include "Engine/Engine.h"
#include "HAL/PlatformTime.h"
#include "ILiveLinkClient.h"
#include "Misc/FrameRate.h"
#include "Misc/QualifiedFrameTime.h"
#include "PosecastConversions.h"
#include "PosecastLiveLinkSourceFactory.h"
#include "PosecastLiveLinkSourceSettings.h"
#include "PosecastVoice.h"
#include "Roles/LiveLinkBasicRole.h"

using namespace posecast::plugin;

/** Frames a second of the calibration. */
static constexpr uint32 PosecastCalibrationRate = 60;

FPosecastLiveLinkSource::FPosecastLiveLinkSource(const FPosecastConnection& InConnection,
                                                 const FString& ConnectionFault)
    : Connection(InConnection), Fault(ConnectionFault) {}

FPosecastLiveLinkSource::FPosecastLiveLinkSource(const FPosecastConnection& InConnection,
                                                 const TSharedRef<FPosecastVoice>& ComponentVoice)
    : Connection(InConnection), Voice(ComponentVoice), bIsVoiceOfComponent(true) {}

FPosecastLiveLinkSource::~FPosecastLiveLinkSource() = default;

void FPosecastLiveLinkSource::ReceiveClient(ILiveLinkClient* InClient, FGuid InSourceGuid) {
  Client = InClient;
  SubjectKey = FLiveLinkSubjectKey(InSourceGuid, FName(*Connection.Subject));
  if (Fault.IsEmpty()) {
    Open();
  }
}

void FPosecastLiveLinkSource::Open() {
  bHasNames = false;
  CalibrationBegin = FPlatformTime::Seconds();
  if (bIsVoiceOfComponent) {
    return;
  }
  Voice = MakeShared<FPosecastVoice>();
  FPosecastVoice::FOptions Options;
  Options.Connection = Connection;
  Fault = Voice->Open(Options);
  if (!Fault.IsEmpty()) {
    return;
  }
  if (Connection.Audio == EPosecastCapture::Microphone && !Voice->StartMicrophone()) {
    Fault = TEXT("the microphone cannot be opened");
  }
  if (Connection.Audio == EPosecastCapture::Game &&
      !Voice->StartSubmix(GEngine->GetMainAudioDevice(), nullptr)) {
    Fault = TEXT("there is no audio device");
  }
}

void FPosecastLiveLinkSource::InitializeSettings(ULiveLinkSourceSettings* Settings) {
  if (UPosecastLiveLinkSourceSettings* Ours = Cast<UPosecastLiveLinkSourceSettings>(Settings)) {
    Ours->Connection = Connection;
    // Presets keep only these two.
    Ours->ConnectionString = ToFString(print_connection(ToCore(Connection)));
    Ours->Factory = UPosecastLiveLinkSourceFactory::StaticClass();
  }
}

void FPosecastLiveLinkSource::OnSettingsChanged(ULiveLinkSourceSettings* Settings,
                                                const FPropertyChangedEvent&) {
  const UPosecastLiveLinkSourceSettings* Ours = Cast<UPosecastLiveLinkSourceSettings>(Settings);
  if (Ours == nullptr || Client == nullptr) {
    return;
  }
  const posecast::plugin::Connection Before = ToCore(Connection);
  const posecast::plugin::Connection After = ToCore(Ours->Connection);
  if (Before == After) {
    return;
  }
  RemoveSubject();
  Connection = Ours->Connection;
  SubjectKey.SubjectName = FName(*Connection.Subject);
  Settings->ConnectionString = ToFString(print_connection(After));
  bHasNames = false;
  if (!Fault.IsEmpty() || !is_same_stream(Before, After)) {
    Fault = FString();
    Open();
  }
}

void FPosecastLiveLinkSource::Update() {
  if (Client == nullptr) {
    return;
  }
  if (Voice.IsValid() && !bIsVoiceOfComponent) {
    Voice->Stream.tick(FPlatformTime::Seconds(), 0);
  }
  if (Connection.bCalibrates) {
    UpdateCalibration();
  } else if (Voice.IsValid()) {
    UpdateFace();
  }
}

void FPosecastLiveLinkSource::UpdateFace() {
  const HeadScale Scale = ToCore(Connection).head_scale;
  posecast_frame Frame{};
  while (Voice->Stream.poll_frame(Frame)) {
    PushValues(Voice->Stream.layout().values(Frame.weights, Frame.num_curves,
                                             Voice->Stream.head_of(Frame), Scale),
               Frame.due_s, static_cast<uint32>(Connection.FrameRate));
  }
}

void FPosecastLiveLinkSource::UpdateCalibration() {
  const double Now = FPlatformTime::Seconds();
  PushValues(calibration_pose(Now - CalibrationBegin, ToCore(Connection).head_scale).values,
             Now - CalibrationBegin, PosecastCalibrationRate);
}

/** Once: to push the names again would clear the frames that Live Link holds. */
void FPosecastLiveLinkSource::PushNames() {
  FLiveLinkStaticDataStruct Static(FLiveLinkBaseStaticData::StaticStruct());
  FLiveLinkBaseStaticData* Data = Static.Cast<FLiveLinkBaseStaticData>();
  for (const std::string_view Name : kPropertyNames) {
    Data->PropertyNames.Add(FName(*ToFString(std::string(Name))));
  }
  Client->PushSubjectStaticData_AnyThread(SubjectKey, ULiveLinkBasicRole::StaticClass(),
                                          MoveTemp(Static));
  bHasNames = true;
}

/** The time is the stream's own, which is regular, and not the time of arrival. */
void FPosecastLiveLinkSource::PushValues(const PropertyValues& Values, double Time,
                                         uint32 FrameRate) {
  if (!bHasNames) {
    PushNames();
  }
  FLiveLinkFrameDataStruct Frame(FLiveLinkBaseFrameData::StaticStruct());
  FLiveLinkBaseFrameData* Data = Frame.Cast<FLiveLinkBaseFrameData>();
  Data->PropertyValues.Append(Values.data(), static_cast<int32>(Values.size()));
  Data->WorldTime = FLiveLinkWorldTime(Time);
  const SceneTime Scene = scene_time(Time, FrameRate);
  Data->MetaData.SceneTime = FQualifiedFrameTime(
      FFrameTime(FFrameNumber(Scene.frame), Scene.sub_frame), FFrameRate(FrameRate, 1));
  Client->PushSubjectFrameData_AnyThread(SubjectKey, MoveTemp(Frame));
}

void FPosecastLiveLinkSource::RemoveSubject() {
  if (bHasNames) {
    Client->RemoveSubject_AnyThread(SubjectKey);
  }
  bHasNames = false;
}

bool FPosecastLiveLinkSource::IsSourceStillValid() const {
  return Client != nullptr;
}

bool FPosecastLiveLinkSource::RequestSourceShutdown() {
  if (Client != nullptr) {
    RemoveSubject();
  }
  Voice.Reset(); // joins the stream's threads, unless a component still speaks
  Client = nullptr;
  return true;
}

FText FPosecastLiveLinkSource::GetSourceType() const {
  return NSLOCTEXT("Posecast", "SourceType", "Posecast");
}

FText FPosecastLiveLinkSource::GetSourceMachineName() const {
  return FText::FromString(Connection.Address);
}

FText FPosecastLiveLinkSource::GetSourceStatus() const {
  StatusFacts Facts = Voice.IsValid() ? Voice->Stream.status() : StatusFacts();
  if (Connection.bCalibrates) {
    Facts = StatusFacts();
    Facts.condition = Condition::kCalibrating;
    Facts.detail = calibration_pose(FPlatformTime::Seconds() - CalibrationBegin, {}).told;
  } else if (!Fault.IsEmpty() && Facts.condition != Condition::kNoLibrary) {
    Facts.condition = Condition::kFailed;
    Facts.detail = ToUtf8(Fault);
  }
  return FText::FromString(ToFString(status_text(Facts)));
}

TSubclassOf<ULiveLinkSourceSettings> FPosecastLiveLinkSource::GetSettingsClass() const {
  return UPosecastLiveLinkSourceSettings::StaticClass();
}
