#include "PosecastComponent.h"

#include "Components/SkeletalMeshComponent.h"
#include "Engine/World.h"
#include "Features/IModularFeatures.h"
#include "GameFramework/Actor.h"
#include "HAL/PlatformTime.h"
#include "ILiveLinkClient.h"
#include "PosecastConversions.h"
#include "PosecastLiveLinkSource.h"
#include "PosecastModule.h"
#include "PosecastSettings.h"
#include "PosecastVoice.h"

using namespace posecast::plugin;

UPosecastComponent::UPosecastComponent() {
  PrimaryComponentTick.bCanEverTick = true;
}

void UPosecastComponent::BeginPlay() {
  Super::BeginPlay();
  if (bConnectsOnBeginPlay) {
    Connect();
  }
}

void UPosecastComponent::EndPlay(const EEndPlayReason::Type EndPlayReason) {
  Disconnect();
  Super::EndPlay(EndPlayReason);
}

bool UPosecastComponent::Connect() {
  return Open(bPlaysSpeech);
}

/** A stream follows what is heard here or its own clock for good: for the other it is another. */
bool UPosecastComponent::Open(bool bIsHeardHere) {
  const bool bIsLikeThis = Voice.IsValid() && Voice->Stream.is_heard_here() == bIsHeardHere;
  if (bIsLikeThis && (Voice->Stream.is_usable() || Voice->Stream.is_speaking())) {
    return Voice->Stream.is_usable(); // where it has failed, what is being said is heard first
  }
  Disconnect();
  Voice = MakeShared<FPosecastVoice>();
  FPosecastVoice::FOptions Options;
  Options.Connection =
      bUsesProjectConnection ? GetDefault<UPosecastSettings>()->Connection : Connection;
  if (ChosenStyle.IsSet()) {
    Options.Connection.Style = ChosenStyle.GetValue();
    Options.Connection.StyleStrength = ChosenStrength;
  }
  Options.bIsHeardHere = bIsHeardHere;
  Options.MostWait = MostWaitForFace;
  Options.OutputLatency = OutputLatencyMs / 1000;
  const FString Fault = Voice->Open(Options);
  if (bPublishesToLiveLink) {
    Publish();
  }
  return Report(Fault);
}

void UPosecastComponent::Disconnect() {
  Unpublish();
  if (Voice.IsValid()) {
    Voice->StopCapture();
    Voice->Stream.close();
  }
  Voice.Reset();
  ForgetPlayed();
  CurveNames.Reset();
  Weights.Reset();
  Head = FRotator::ZeroRotator;
}

void UPosecastComponent::Publish() {
  IModularFeatures& Features = IModularFeatures::Get();
  if (!Features.IsModularFeatureAvailable(ILiveLinkClient::ModularFeatureName)) {
    UE_LOG(LogPosecast, Warning, TEXT("Live Link is not there; the face is no subject"));
    return;
  }
  Source = MakeShared<FPosecastLiveLinkSource>(FromCore(Voice->Stream.connection()),
                                               Voice.ToSharedRef());
  Features.GetModularFeature<ILiveLinkClient>(ILiveLinkClient::ModularFeatureName)
      .AddSource(Source);
}

void UPosecastComponent::Unpublish() {
  IModularFeatures& Features = IModularFeatures::Get();
  if (Source.IsValid() && Features.IsModularFeatureAvailable(ILiveLinkClient::ModularFeatureName)) {
    Features.GetModularFeature<ILiveLinkClient>(ILiveLinkClient::ModularFeatureName)
        .RemoveSource(Source);
  }
  Source.Reset();
}

bool UPosecastComponent::StartMicrophone() {
  return Open(false) && Voice.IsValid() &&
         Report(Voice->StartMicrophone() ? FString()
                                         : FString(TEXT("the microphone cannot be opened")));
}

bool UPosecastComponent::StartSubmix(USoundSubmix* Submix) {
  return Open(false) && Voice.IsValid() &&
         Report(Voice->StartSubmix(GetWorld()->GetAudioDevice(), Submix)
                    ? FString()
                    : FString(TEXT("there is no audio device")));
}

void UPosecastComponent::StopCapture() {
  if (Voice.IsValid()) {
    Voice->StopCapture();
  }
}

void UPosecastComponent::Interrupt() {
  if (Voice.IsValid()) {
    Voice->Stream.interrupt();
    ForgetPlayed();
  }
}

bool UPosecastComponent::SetStyle(const FString& Style, float Strength) {
  ChosenStyle = Style;
  ChosenStrength = Strength;
  return !Voice.IsValid() || Report(ToFString(Voice->Stream.set_style(ToUtf8(Style), Strength)));
}

/** True where nothing is wrong; else tells it. */
bool UPosecastComponent::Report(const FString& Fault) {
  if (Fault.IsEmpty()) {
    return true;
  }
  UE_LOG(LogPosecast, Error, TEXT("%s: %s"), *GetPathName(), *Fault);
  OnError.Broadcast(Fault);
  return false;
}

void UPosecastComponent::TickComponent(float DeltaTime, ELevelTick TickType,
                                       FActorComponentTickFunction* ThisTickFunction) {
  Super::TickComponent(DeltaTime, TickType, ThisTickFunction);
  if (!Voice.IsValid()) {
    return;
  }
  Voice->Stream.tick(FPlatformTime::Seconds(), NumPlayed());
  PlayMore();
  ReadFace();
  RaiseEvents(); // last: who hears them may disconnect
}

void UPosecastComponent::RaiseEvents() {
  VoiceEvent Event;
  while (Voice.IsValid() && Voice->Stream.poll_event(Event)) {
    const int32 Utterance = static_cast<int32>(Event.utterance);
    switch (Event.kind) {
    case VoiceEvent::Kind::kFirstFrame:
      OnFirstFrame.Broadcast(Utterance);
      break;
    case VoiceEvent::Kind::kEnd:
      OnEnd.Broadcast(Utterance, Event.was_interrupted);
      break;
    case VoiceEvent::Kind::kError:
      Report(ToFString(Event.message));
      break;
    }
  }
}

void UPosecastComponent::ReadFace() {
  posecast_frame Frame{};
  if (!Voice->Stream.sample(Frame)) {
    return;
  }
  const std::vector<std::string>& Names = Voice->Stream.layout().curve_names();
  const int32 NumCurves =
      static_cast<int32>(FMath::Min<uint32>(Frame.num_curves, static_cast<uint32>(Names.size())));
  if (CurveNames.Num() != NumCurves) {
    CurveNames.Reset();
    for (int32 i = 0; i < NumCurves; ++i) {
      CurveNames.Add(FName(*ToFString(Names[static_cast<std::size_t>(i)])));
    }
  }
  Weights.Reset();
  Weights.Append(Frame.weights, NumCurves);
  const HeadRotator Rotator = Voice->Stream.head_of(Frame);
  Head = FRotator(Rotator.pitch, Rotator.yaw, Rotator.roll);
  if (bDrivesMorphTargets) {
    ApplyMorphTargets();
  }
}

void UPosecastComponent::ApplyMorphTargets() {
  TArray<USkeletalMeshComponent*> Meshes;
  GetOwner()->GetComponents(Meshes);
  for (USkeletalMeshComponent* Mesh : Meshes) {
    for (int32 i = 0; i < Weights.Num(); ++i) {
      Mesh->SetMorphTarget(CurveNames[i], Weights[i]);
    }
  }
}

float UPosecastComponent::GetCurve(FName Name) const {
  const int32 Place = CurveNames.IndexOfByKey(Name); // names compare in any case
  return Weights.IsValidIndex(Place) ? Weights[Place] : 0;
}

TMap<FName, float> UPosecastComponent::GetCurves() const {
  TMap<FName, float> Curves;
  for (int32 i = 0; i < Weights.Num(); ++i) {
    Curves.Add(CurveNames[i], Weights[i]);
  }
  return Curves;
}

bool UPosecastComponent::IsSpeaking() const {
  return Voice.IsValid() && Voice->Stream.is_speaking();
}

EPosecastStatus UPosecastComponent::GetStatus() const {
  return Voice.IsValid() ? ToStatus(Voice->Stream.status().condition) : EPosecastStatus::Closed;
}

FString UPosecastComponent::GetStatusText() const {
  return ToFString(status_text(Voice.IsValid() ? Voice->Stream.status() : StatusFacts()));
}
