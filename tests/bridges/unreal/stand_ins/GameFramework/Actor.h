#pragma once
#include "CoreMinimal.h"
class AActor : public UObject {
public:
  template <typename T> void GetComponents(TArray<T*>& components) const;
};
