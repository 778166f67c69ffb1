#pragma once
#include "CoreMinimal.h"
class USoundSubmix : public UObject {};
