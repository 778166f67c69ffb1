#pragma once
#include "CoreMinimal.h"
class IModularFeatures {
public:
  static IModularFeatures& Get();
  bool IsModularFeatureAvailable(FName type);
  template <typename T> T& GetModularFeature(FName type);
};
