// What Core and CoreUObject give to everyone.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <type_traits>
#include <utility>

// Macros of the engine that have broken other people's code.
#define check(expression)
#define verify(expression)
#define PI (3.1415926535897932f)
#define TEXT(text) u##text
#define UPROPERTY(...)
#define UFUNCTION(...)
#define UCLASS(...)
#define USTRUCT(...)
#define UENUM(...)
#define STAND_IN_JOIN(a, b, c) a##b##c
#define STAND_IN_JOINED(a, b, c) STAND_IN_JOIN(a, b, c)
#define GENERATED_BODY() STAND_IN_JOINED(CURRENT_FILE_ID, _, __LINE__)

#define POSECAST_API
#define WITH_DEV_AUTOMATION_TESTS 1
#ifndef WITH_EDITOR
#define WITH_EDITOR 1
#endif
#define WITH_EDITORONLY_DATA WITH_EDITOR
#ifndef PLATFORM_WINDOWS
#define PLATFORM_WINDOWS 0
#endif
#ifndef PLATFORM_MAC
#define PLATFORM_MAC 0
#endif

using uint8 = std::uint8_t;
using uint16 = std::uint16_t;
using uint32 = std::uint32_t;
using uint64 = std::uint64_t;
using int16 = std::int16_t;
using int32 = std::int32_t;
using int64 = std::int64_t;
using TCHAR = char16_t;

class UObject;
class UClass;
class UScriptStruct;

template <typename T> std::remove_reference_t<T>&& MoveTemp(T&& value) {
  return static_cast<std::remove_reference_t<T>&&>(value);
}

template <typename T> class TArray {
public:
  int32 Num() const;
  bool IsValidIndex(int32 index) const;
  T* GetData();
  const T* GetData() const;
  T& operator[](int32 index);
  const T& operator[](int32 index) const;
  int32 Add(const T& item);
  void Append(const T* items, int32 count);
  void Reset(int32 slack = 0);
  template <typename Key> int32 IndexOfByKey(const Key& key) const;
  T* begin();
  T* end();
  const T* begin() const;
  const T* end() const;
};

template <typename K, typename V> class TMap {
public:
  V& Add(const K& key, const V& value);
  int32 Num() const;
};

class FString {
public:
  FString();
  FString(const TCHAR* text);
  FString(const FString& other);
  FString(FString&& other);
  FString& operator=(const FString& other);
  FString& operator=(FString&& other);
  ~FString();
  const TCHAR* operator*() const;
  bool IsEmpty() const;
  bool Contains(const TCHAR* part) const;
  template <typename... T> static FString Printf(const TCHAR* format, T... values);
};
FString operator+(const TCHAR* left, const FString& right);

class FName {
public:
  FName();
  FName(const TCHAR* text);
  bool operator==(const FName& other) const;
};

class FText {
public:
  static FText FromString(const FString& text);
  const FString& ToString() const;
};
FText StandInText(const TCHAR* space, const TCHAR* key, const TCHAR* text);
#define NSLOCTEXT(space, key, text) StandInText(TEXT(space), TEXT(key), TEXT(text))

struct FGuid {
  uint32 A, B, C, D;
};

struct FRotator {
  FRotator();
  FRotator(double pitch, double yaw, double roll);
  double Pitch, Yaw, Roll;
  static const FRotator ZeroRotator;
};

template <typename T> class TOptional {
public:
  TOptional();
  TOptional& operator=(const T& value);
  bool IsSet() const;
  const T& GetValue() const;
};

enum class ESPMode : uint8 { NotThreadSafe, ThreadSafe };

template <typename T, ESPMode Mode = ESPMode::ThreadSafe> class TSharedRef {
public:
  template <typename U> TSharedRef(const TSharedRef<U, Mode>& other);
  T* operator->() const;
  T& operator*() const;
};

template <typename T, ESPMode Mode = ESPMode::ThreadSafe> class TSharedPtr {
public:
  TSharedPtr();
  template <typename U, typename = std::enable_if_t<std::is_convertible_v<U*, T*>>>
  TSharedPtr(const TSharedRef<U, Mode>& other);
  template <typename U, typename = std::enable_if_t<std::is_convertible_v<U*, T*>>>
  TSharedPtr(const TSharedPtr<U, Mode>& other);
  bool IsValid() const;
  void Reset();
  T* Get() const;
  T* operator->() const;
  TSharedRef<T, Mode> ToSharedRef() const;
};

template <typename T, ESPMode Mode = ESPMode::ThreadSafe, typename... A>
TSharedRef<T, Mode> MakeShared(A&&...) {
  static_assert(std::is_constructible_v<T, A...>);
  return *static_cast<TSharedRef<T, Mode>*>(nullptr);
}

template <typename T> class TObjectPtr {
public:
  TObjectPtr();
  TObjectPtr(T* object);
  T* operator->() const;
  T& operator*() const;
  operator T*() const;
};

template <typename T> class TSubclassOf {
public:
  TSubclassOf();
  TSubclassOf(UClass* type);
  bool operator==(const UClass* type) const;
};

template <typename F> class TFunction;
template <typename R, typename... A> class TFunction<R(A...)> {
public:
  template <typename F, typename = std::enable_if_t<std::is_invocable_r_v<R, F, A...>>>
  TFunction(F) {}
};

struct FMath {
  template <typename T> static T Max(T a, T b);
  template <typename T> static T Min(T a, T b);
};

struct FPropertyChangedEvent {
  const TCHAR* GetPropertyName() const;
};

class UObject {
public:
  virtual ~UObject();
  FString GetPathName() const;
#if WITH_EDITOR
  virtual void PostEditChangeProperty(FPropertyChangedEvent& PropertyChangedEvent);
#endif
  virtual class UWorld* GetWorld() const;
};

template <typename T> T* NewObject(UObject* outer = nullptr);
template <typename T> const T* GetDefault();
template <typename To, typename From> To* Cast(From* from);

#define DECLARE_LOG_CATEGORY_EXTERN(name, level, compiled)                                         \
  extern struct FLogCategory##name { int Value; } name
#define DEFINE_LOG_CATEGORY(name) FLogCategory##name name
enum class EStandInVerbosity { Error, Warning, Log };
template <typename Category, typename... T>
void StandInLog(const Category& category, EStandInVerbosity verbosity, const TCHAR* format,
                T... values);
#define UE_LOG(category, verbosity, format, ...)                                                   \
  StandInLog(category, EStandInVerbosity::verbosity, format, ##__VA_ARGS__)

template <typename... T> class TStandInDynamicDelegate {
public:
  void Broadcast(T... values) const;
};
#define DECLARE_DYNAMIC_MULTICAST_DELEGATE_OneParam(name, type, parameter)                         \
  using name = TStandInDynamicDelegate<type>
#define DECLARE_DYNAMIC_MULTICAST_DELEGATE_TwoParams(name, type, parameter, type_2, parameter_2)   \
  using name = TStandInDynamicDelegate<type, type_2>
