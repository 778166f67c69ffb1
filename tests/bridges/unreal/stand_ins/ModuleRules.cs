// What the plugin's Build.cs files use of UnrealBuildTool, as we believe it to be.
using System.Collections.Generic;

namespace UnrealBuildTool
{
    public class UnrealTargetPlatform
    {
        public static readonly UnrealTargetPlatform Win64 = new UnrealTargetPlatform();
        public static readonly UnrealTargetPlatform Mac = new UnrealTargetPlatform();
        public static readonly UnrealTargetPlatform Linux = new UnrealTargetPlatform();
    }

    public class ReadOnlyTargetRules
    {
        public readonly UnrealTargetPlatform Platform = UnrealTargetPlatform.Linux;
    }

    public enum CppStandardVersion { Cpp17, Cpp20, Latest }

    public class RuntimeDependencyList
    {
        public readonly List<string> Paths = new List<string>();
        public void Add(string path) { Paths.Add(path); }
    }

    public class ModuleRules
    {
        public enum PCHUsageMode { Default, NoPCHs, UseSharedPCHs, UseExplicitOrSharedPCHs }
        public enum ModuleType { CPlusPlus, External }

        public PCHUsageMode PCHUsage;
        public ModuleType Type;
        public CppStandardVersion CppStandard;
        public readonly string ModuleDirectory = "";
        public readonly string PluginDirectory = "";
        public readonly List<string> PublicDependencyModuleNames = new List<string>();
        public readonly List<string> PrivateDependencyModuleNames = new List<string>();
        public readonly List<string> PublicSystemIncludePaths = new List<string>();
        public readonly RuntimeDependencyList RuntimeDependencies = new RuntimeDependencyList();

        public ModuleRules(ReadOnlyTargetRules target) { }
    }
}
