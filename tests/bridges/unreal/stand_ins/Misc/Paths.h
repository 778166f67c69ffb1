#pragma once
#include "CoreMinimal.h"
class FPaths {
public:
  static bool FileExists(const FString& path);
  static FString ConvertRelativePathToFull(const FString& path);
  template <typename... T> static FString Combine(T&&... parts);
};
