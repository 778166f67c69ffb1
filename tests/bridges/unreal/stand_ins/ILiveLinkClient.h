#pragma once
#include "ILiveLinkSource.h"
#include "LiveLinkTypes.h"
class ULiveLinkRole;
class ILiveLinkClient {
public:
  virtual ~ILiveLinkClient() = default;
  static FName ModularFeatureName;
  virtual FGuid AddSource(TSharedPtr<ILiveLinkSource> source) = 0;
  virtual void RemoveSource(TSharedPtr<ILiveLinkSource> source) = 0;
  virtual void PushSubjectStaticData_AnyThread(const FLiveLinkSubjectKey& key,
                                               TSubclassOf<ULiveLinkRole> role,
                                               FLiveLinkStaticDataStruct&& data) = 0;
  virtual void PushSubjectFrameData_AnyThread(const FLiveLinkSubjectKey& key,
                                              FLiveLinkFrameDataStruct&& data) = 0;
  virtual void RemoveSubject_AnyThread(const FLiveLinkSubjectKey& key) = 0;
};
