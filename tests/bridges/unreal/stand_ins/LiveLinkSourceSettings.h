#pragma once
#include "CoreMinimal.h"
class ULiveLinkSourceFactory;
class ULiveLinkSourceSettings : public UObject {
public:
  FString ConnectionString;
  TSubclassOf<ULiveLinkSourceFactory> Factory;
};
