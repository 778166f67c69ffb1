#pragma once
#include "CoreMinimal.h"
struct FFileHelper {
  static bool LoadFileToString(FString& result, const TCHAR* file_name);
};
