using UnrealBuildTool;

public class Posecast : ModuleRules
{
    public Posecast(ReadOnlyTargetRules Target) : base(Target)
    {
        PCHUsage = PCHUsageMode.UseExplicitOrSharedPCHs;
        CppStandard = CppStandardVersion.Cpp20;

        PublicDependencyModuleNames.AddRange(new string[]
        {
            "Core",
            "CoreUObject",
            "DeveloperSettings",
            "Engine",
            "LiveLinkInterface",
        });
        PrivateDependencyModuleNames.AddRange(new string[]
        {
            "AudioCaptureCore",
            "AudioMixer",
            "PosecastCore",
            "Projects",
        });
    }
}
