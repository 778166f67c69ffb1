#pragma once

#include "CoreMinimal.h"
#include "LiveLinkSourceFactory.h"

#include "PosecastLiveLinkSourceFactory.generated.h"

/** Adds "Posecast" to the sources of the Live Link panel. */
UCLASS()
class POSECAST_API UPosecastLiveLinkSourceFactory : public ULiveLinkSourceFactory {
  GENERATED_BODY()

public:
  virtual FText GetSourceDisplayName() const override;
  virtual FText GetSourceTooltip() const override;
  virtual EMenuType GetMenuType() const override { return EMenuType::MenuEntry; }

  /** An empty string is the connection of the project's settings. */
  virtual TSharedPtr<ILiveLinkSource> CreateSource(const FString& ConnectionString) const override;
};
