#pragma once
#include "CoreMinimal.h"
#include "Misc/QualifiedFrameTime.h"
struct FLiveLinkSubjectKey {
  FGuid Source;
  FName SubjectName;
  FLiveLinkSubjectKey();
  FLiveLinkSubjectKey(FGuid source, FName subject);
};
struct FLiveLinkBaseStaticData {
  TArray<FName> PropertyNames;
  static UScriptStruct* StaticStruct();
};
struct FLiveLinkWorldTime {
  explicit FLiveLinkWorldTime(const double time);
};
struct FLiveLinkMetaData {
  FQualifiedFrameTime SceneTime;
};
struct FLiveLinkBaseFrameData {
  FLiveLinkWorldTime WorldTime;
  FLiveLinkMetaData MetaData;
  TArray<float> PropertyValues;
  static UScriptStruct* StaticStruct();
};
template <typename Tag> struct TStandInDataStruct {
  explicit TStandInDataStruct(const UScriptStruct* type);
  TStandInDataStruct(TStandInDataStruct&& other);
  TStandInDataStruct(const TStandInDataStruct&) = delete;
  template <typename T> T* Cast();
};
using FLiveLinkStaticDataStruct = TStandInDataStruct<struct FStandInStaticTag>;
using FLiveLinkFrameDataStruct = TStandInDataStruct<struct FStandInFrameTag>;
