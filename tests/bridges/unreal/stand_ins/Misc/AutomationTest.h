#pragma once
#include "CoreMinimal.h"
enum class EAutomationTestFlags : uint32 { EditorContext = 1, EngineFilter = 2 };
constexpr EAutomationTestFlags operator|(EAutomationTestFlags a, EAutomationTestFlags b) {
  return static_cast<EAutomationTestFlags>(static_cast<uint32>(a) | static_cast<uint32>(b));
}
class FAutomationTestBase {
public:
  virtual ~FAutomationTestBase() = default;
  template <typename T> bool TestEqual(const TCHAR* what, const T& actual, const T& expected);
  bool TestTrue(const TCHAR* what, bool value);

protected:
  virtual bool RunTest(const FString& parameters) = 0;
};
#define IMPLEMENT_SIMPLE_AUTOMATION_TEST(type, name, flags)                                        \
  static_assert((flags) != EAutomationTestFlags{});                                                \
  class type : public FAutomationTestBase {                                                        \
    virtual bool RunTest(const FString& parameters) override;                                      \
  };
class IAutomationLatentCommand {
public:
  virtual ~IAutomationLatentCommand() = default;
  virtual bool Update() = 0;
};
#define DEFINE_LATENT_AUTOMATION_COMMAND_TWO_PARAMETER(type, type_0, name_0, type_1, name_1)       \
  class type : public IAutomationLatentCommand {                                                   \
  public:                                                                                          \
    type(type_0, type_1);                                                                          \
    virtual bool Update() override;                                                                \
                                                                                                   \
  private:                                                                                         \
    type_0 name_0;                                                                                 \
    type_1 name_1;                                                                                 \
  }
class FWaitLatentCommand : public IAutomationLatentCommand {
public:
  explicit FWaitLatentCommand(float seconds);
  bool Update() override;
};
void StandInAddLatent(const IAutomationLatentCommand& command);
#define ADD_LATENT_AUTOMATION_COMMAND(command) StandInAddLatent(command)
