#pragma once

#include "Core/LiveLinkFace.h"
#include "CoreMinimal.h"
#include "ILiveLinkSource.h"
#include "LiveLinkTypes.h"
#include "PosecastTypes.h"

class FPosecastVoice;

/** A face as a Live Link subject: names once, values a frame. All of it runs on the game thread. */
class FPosecastLiveLinkSource : public ILiveLinkSource {
public:
  /** With a stream of its own; `ConnectionFault` tells what is wrong with its text, if anything. */
  FPosecastLiveLinkSource(const FPosecastConnection& Connection, const FString& ConnectionFault);
  /** With the stream of a component, which ticks it. */
  FPosecastLiveLinkSource(const FPosecastConnection& Connection,
                          const TSharedRef<FPosecastVoice>& ComponentVoice);
  virtual ~FPosecastLiveLinkSource() override;

  virtual void ReceiveClient(ILiveLinkClient* InClient, FGuid InSourceGuid) override;
  virtual void InitializeSettings(ULiveLinkSourceSettings* Settings) override;
  virtual void Update() override;
  virtual bool IsSourceStillValid() const override;
  virtual bool RequestSourceShutdown() override;
  virtual FText GetSourceType() const override;
  virtual FText GetSourceMachineName() const override;
  virtual FText GetSourceStatus() const override;
  virtual TSubclassOf<ULiveLinkSourceSettings> GetSettingsClass() const override;
  virtual void OnSettingsChanged(ULiveLinkSourceSettings* Settings,
                                 const FPropertyChangedEvent& PropertyChangedEvent) override;

private:
  void Open();
  void UpdateFace();
  void UpdateCalibration();
  void PushNames();
  void PushValues(const posecast::plugin::PropertyValues& Values, double Time, uint32 FrameRate);
  void RemoveSubject();

  FPosecastConnection Connection;
  FString Fault;
  TSharedPtr<FPosecastVoice> Voice;
  bool bIsVoiceOfComponent = false;

  ILiveLinkClient* Client = nullptr;
  FLiveLinkSubjectKey SubjectKey;
  bool bHasNames = false;
  double CalibrationBegin = 0;
};
