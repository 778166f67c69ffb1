#pragma once
#include "CoreMinimal.h"
#include "ILiveLinkSource.h"
class ULiveLinkSourceFactory : public UObject {
public:
  enum class EMenuType { SubPanel, MenuEntry, Disabled };
  virtual FText GetSourceDisplayName() const = 0;
  virtual FText GetSourceTooltip() const = 0;
  virtual EMenuType GetMenuType() const;
  virtual TSharedPtr<ILiveLinkSource> CreateSource(const FString& ConnectionString) const;
};
