#include "PosecastLiveLinkSourceFactory.h"

#include "PosecastConversions.h"
#include "PosecastLiveLinkSource.h"
#include "PosecastSettings.h"

FText UPosecastLiveLinkSourceFactory::GetSourceDisplayName() const {
  return NSLOCTEXT("Posecast", "SourceName", "Posecast");
}

FText UPosecastLiveLinkSourceFactory::GetSourceTooltip() const {
  return NSLOCTEXT("Posecast", "SourceTooltip",
                   "A face that speaks, from a Posecast server. Its settings are in the panel.");
}

TSharedPtr<ILiveLinkSource>
UPosecastLiveLinkSourceFactory::CreateSource(const FString& ConnectionString) const {
  if (ConnectionString.IsEmpty()) {
    return MakeShared<FPosecastLiveLinkSource>(GetDefault<UPosecastSettings>()->Connection,
                                               FString());
  }
  posecast::plugin::Connection Connection;
  const std::string Fault = posecast::plugin::read_connection(ToUtf8(ConnectionString), Connection);
  return MakeShared<FPosecastLiveLinkSource>(FromCore(Connection), ToFString(Fault));
}
