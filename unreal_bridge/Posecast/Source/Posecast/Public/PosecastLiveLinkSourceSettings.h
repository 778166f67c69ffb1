#pragma once

#include "CoreMinimal.h"
#include "LiveLinkSourceSettings.h"
#include "PosecastTypes.h"

#include "PosecastLiveLinkSourceSettings.generated.h"

/** What the Live Link panel shows of a Posecast source; a change connects anew where it must. */
UCLASS()
class POSECAST_API UPosecastLiveLinkSourceSettings : public ULiveLinkSourceSettings {
  GENERATED_BODY()

public:
  UPROPERTY(EditAnywhere, Category = "Posecast", meta = (ShowOnlyInnerProperties))
  FPosecastConnection Connection;
};
