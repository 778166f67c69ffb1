#pragma once

#include "CoreMinimal.h"
#include "Engine/DeveloperSettings.h"
#include "PosecastTypes.h"

#include "PosecastSettings.generated.h"

/** Project settings: what new components and Live Link sources begin with. */
UCLASS(config = Game, defaultconfig, meta = (DisplayName = "Posecast"))
class POSECAST_API UPosecastSettings : public UDeveloperSettings {
  GENERATED_BODY()

public:
  UPROPERTY(config, EditAnywhere, Category = "Posecast", meta = (ShowOnlyInnerProperties))
  FPosecastConnection Connection;

  virtual FName GetCategoryName() const override;
};
