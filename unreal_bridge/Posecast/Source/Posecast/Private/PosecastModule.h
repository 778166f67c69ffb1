#pragma once

#include "Core/CoreLibrary.h"
#include "CoreMinimal.h"
#include "Modules/ModuleInterface.h"

DECLARE_LOG_CATEGORY_EXTERN(LogPosecast, Log, All);

/** Loads the client core. It is never unloaded: gRPC keeps threads alive. */
class FPosecastModule : public IModuleInterface {
public:
  static FPosecastModule& Get();

  virtual void StartupModule() override;

  /** Nothing where there is no usable library. */
  const posecast::plugin::CoreFunctions* GetFunctions() const;
  /** Why there is none. */
  const std::string& GetLibraryFault() const { return LibraryFault; }

private:
  posecast::plugin::CoreFunctions Functions;
  std::string LibraryFault;
};
