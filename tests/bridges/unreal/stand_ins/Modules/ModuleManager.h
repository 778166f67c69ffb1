#pragma once
#include "CoreMinimal.h"
#include "Modules/ModuleInterface.h"
class FModuleManager {
public:
  template <typename T> static T& LoadModuleChecked(const char* name);
};
#define IMPLEMENT_MODULE(type, name) static_assert(std::is_base_of_v<IModuleInterface, type>);
