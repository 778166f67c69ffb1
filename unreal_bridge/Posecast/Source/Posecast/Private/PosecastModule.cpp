#include "PosecastModule.h"

#include "Containers/StringConv.h"
#include "HAL/PlatformProcess.h"
#include "Interfaces/IPluginManager.h"
#include "Misc/Paths.h"
#include "Modules/ModuleManager.h"
#include "PosecastConversions.h"

DEFINE_LOG_CATEGORY(LogPosecast);

static FString GetPosecastLibraryPath() {
  const TSharedPtr<IPlugin> Plugin = IPluginManager::Get().FindPlugin(TEXT("Posecast"));
  const FString Folder = Plugin.IsValid() ? Plugin->GetBaseDir() : FString();
#if PLATFORM_WINDOWS
  const TCHAR* File = TEXT("Win64/posecast_core.dll");
#elif PLATFORM_MAC
  const TCHAR* File = TEXT("Mac/libposecast_core.dylib");
#else
  const TCHAR* File = TEXT("Linux/libposecast_core.so");
#endif
  return FPaths::ConvertRelativePathToFull(
      FPaths::Combine(Folder, TEXT("Source/ThirdParty/PosecastCore/bin"), File));
}

FPosecastModule& FPosecastModule::Get() {
  return FModuleManager::LoadModuleChecked<FPosecastModule>("Posecast");
}

void FPosecastModule::StartupModule() {
  const FString Path = GetPosecastLibraryPath();
  void* Library = FPaths::FileExists(Path) ? FPlatformProcess::GetDllHandle(*Path) : nullptr;
  if (Library == nullptr) {
    LibraryFault = posecast::plugin::missing_library_text(ToUtf8(Path));
  } else {
    LibraryFault = posecast::plugin::find_functions(
        ToUtf8(Path),
        [Library](const char* Name) {
          return FPlatformProcess::GetDllExport(Library, UTF8_TO_TCHAR(Name));
        },
        Functions);
  }
  if (!LibraryFault.empty()) {
    UE_LOG(LogPosecast, Error, TEXT("%s"), *ToFString(LibraryFault));
  }
}

const posecast::plugin::CoreFunctions* FPosecastModule::GetFunctions() const {
  return LibraryFault.empty() ? &Functions : nullptr;
}

IMPLEMENT_MODULE(FPosecastModule, Posecast)
