#pragma once
#include "CoreMinimal.h"
class AActor;
namespace EEndPlayReason {
enum Type : int { Destroyed };
}
enum ELevelTick : int { LEVELTICK_All };
struct FActorComponentTickFunction {
  bool bCanEverTick = false;
};
class UActorComponent : public UObject {
public:
  FActorComponentTickFunction PrimaryComponentTick;
  virtual void BeginPlay();
  virtual void EndPlay(const EEndPlayReason::Type EndPlayReason);
  virtual void TickComponent(float DeltaTime, ELevelTick TickType,
                             FActorComponentTickFunction* ThisTickFunction);
  AActor* GetOwner() const;
  void RegisterComponent();
  bool bAutoActivate = false;
};
class USceneComponent : public UActorComponent {
public:
  void SetupAttachment(USceneComponent* parent);
};
