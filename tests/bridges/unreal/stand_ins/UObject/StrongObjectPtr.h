#pragma once
#include "CoreMinimal.h"
template <typename T> class TStrongObjectPtr {
public:
  TStrongObjectPtr();
  ~TStrongObjectPtr();
  void Reset(T* object = nullptr);
  T* Get() const;
};
