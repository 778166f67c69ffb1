// Between the engine's types and those of Core/.
#pragma once

#include "Core/Connection.h"
#include "Core/StatusText.h"
#include "CoreMinimal.h"
#include "PosecastTypes.h"

#include <string>

FString ToFString(const std::string& Text);
std::string ToUtf8(const FString& Text);

posecast::plugin::Connection ToCore(const FPosecastConnection& From);
FPosecastConnection FromCore(const posecast::plugin::Connection& From);
EPosecastStatus ToStatus(posecast::plugin::Condition From);
