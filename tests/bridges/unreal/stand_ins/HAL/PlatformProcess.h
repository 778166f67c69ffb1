#pragma once
#include "CoreMinimal.h"
struct FPlatformProcess {
  static void* GetDllHandle(const TCHAR* file_name);
  static void* GetDllExport(void* handle, const TCHAR* name);
};
