// Run by Unreal's Automation window ("Posecast") or -ExecCmds="Automation RunTests Posecast".
// They need no server.
#include "CoreMinimal.h"
#include "Misc/AutomationTest.h"

#if WITH_DEV_AUTOMATION_TESTS

#include "Features/IModularFeatures.h"
#include "ILiveLinkClient.h"
#include "PosecastComponent.h"
#include "PosecastConversions.h"
#include "PosecastLiveLinkSource.h"
#include "PosecastLiveLinkSourceFactory.h"
#include "PosecastLiveLinkSourceSettings.h"
#include "PosecastModule.h"

IMPLEMENT_SIMPLE_AUTOMATION_TEST(FPosecastLibraryTest, "Posecast.TheLibraryIsThere",
                                 EAutomationTestFlags::EditorContext |
                                     EAutomationTestFlags::EngineFilter)
bool FPosecastLibraryTest::RunTest(const FString&) {
  const FPosecastModule& Module = FPosecastModule::Get();
  TestEqual(TEXT("what is wrong with the library"), ToFString(Module.GetLibraryFault()), FString());
  return TestTrue(TEXT("its functions are found"), Module.GetFunctions() != nullptr);
}

IMPLEMENT_SIMPLE_AUTOMATION_TEST(FPosecastRoundTripTest, "Posecast.AConnectionSurvivesAPreset",
                                 EAutomationTestFlags::EditorContext |
                                     EAutomationTestFlags::EngineFilter)
bool FPosecastRoundTripTest::RunTest(const FString&) {
  FPosecastConnection Connection;
  Connection.Address = TEXT("host.example:1234");
  Connection.Subject = TEXT("Zo\u00eb & Co");
  Connection.HeadScale.Preset = EPosecastHeadPreset::Custom;
  Connection.HeadScale.Pitch = -0.03;
  Connection.Audio = EPosecastCapture::Microphone;
  FPosecastLiveLinkSource Source(Connection, FString());
  UPosecastLiveLinkSourceSettings* Settings = NewObject<UPosecastLiveLinkSourceSettings>();
  Source.InitializeSettings(Settings);
  TestTrue(TEXT("the factory is named"),
           Settings->Factory == UPosecastLiveLinkSourceFactory::StaticClass());

  posecast::plugin::Connection Read;
  const std::string Fault =
      posecast::plugin::read_connection(ToUtf8(Settings->ConnectionString), Read);
  TestEqual(TEXT("what is wrong with the text"), ToFString(Fault), FString());
  return TestTrue(TEXT("the connection is the same"), Read == ToCore(Connection));
}

IMPLEMENT_SIMPLE_AUTOMATION_TEST(FPosecastBadTextTest, "Posecast.AWrongConnectionIsTold",
                                 EAutomationTestFlags::EditorContext |
                                     EAutomationTestFlags::EngineFilter)
bool FPosecastBadTextTest::RunTest(const FString&) {
  const TSharedPtr<ILiveLinkSource> Source =
      GetDefault<UPosecastLiveLinkSourceFactory>()->CreateSource(TEXT("nowhere"));
  return TestTrue(TEXT("the status names the value"),
                  Source->GetSourceStatus().ToString().Contains(TEXT("nowhere")));
}

IMPLEMENT_SIMPLE_AUTOMATION_TEST(FPosecastComponentTest, "Posecast.AComponentRestsWithoutAServer",
                                 EAutomationTestFlags::EditorContext |
                                     EAutomationTestFlags::EngineFilter)
bool FPosecastComponentTest::RunTest(const FString&) {
  const UPosecastComponent* Component = NewObject<UPosecastComponent>();
  TestEqual(TEXT("jawOpen"), Component->GetCurve(FName(TEXT("jawOpen"))), 0.0f);
  TestEqual(TEXT("curves"), Component->GetCurves().Num(), 0);
  return TestTrue(TEXT("closed"), Component->GetStatus() == EPosecastStatus::Closed);
}

/** Waits a moment, so that Live Link has updated the source, and looks at its status. */
DEFINE_LATENT_AUTOMATION_COMMAND_TWO_PARAMETER(FPosecastLookAtCalibration, FAutomationTestBase*,
                                               Test, TSharedPtr<ILiveLinkSource>, Source);
bool FPosecastLookAtCalibration::Update() {
  Test->TestTrue(TEXT("the source lives"), Source->IsSourceStillValid());
  Test->TestTrue(TEXT("the status tells what to see"),
                 Source->GetSourceStatus().ToString().Contains(TEXT("calibrating")));
  IModularFeatures::Get()
      .GetModularFeature<ILiveLinkClient>(ILiveLinkClient::ModularFeatureName)
      .RemoveSource(Source);
  return true;
}

IMPLEMENT_SIMPLE_AUTOMATION_TEST(FPosecastCalibrationTest, "Posecast.ACalibrationIsASubject",
                                 EAutomationTestFlags::EditorContext |
                                     EAutomationTestFlags::EngineFilter)
bool FPosecastCalibrationTest::RunTest(const FString&) {
  const TSharedPtr<ILiveLinkSource> Source =
      GetDefault<UPosecastLiveLinkSourceFactory>()->CreateSource(
          TEXT("127.0.0.1:1?calibrate=1&subject=PosecastTest"));
  IModularFeatures::Get()
      .GetModularFeature<ILiveLinkClient>(ILiveLinkClient::ModularFeatureName)
      .AddSource(Source);
  ADD_LATENT_AUTOMATION_COMMAND(FWaitLatentCommand(1.0f));
  ADD_LATENT_AUTOMATION_COMMAND(FPosecastLookAtCalibration(this, Source));
  return true;
}

#endif
