using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;

namespace SecretsBroker.Tests.Node;

/// <summary>Installs the packages that a <c>package.json</c> names, into the temporary folder, once for each content of it.</summary>
internal static class NpmPackages
{
    // A registry that does not answer must not hold up the whole run.
    private static readonly TimeSpan InstallLimit = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan EndLimit = TimeSpan.FromMinutes(2);

    /// <returns>The folder that holds <c>node_modules</c>, or why there is none.</returns>
    public static (string Folder, string Failure) Install(string packageFile, string name)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(packageFile)))[..16];
        var folder = Path.Combine(Path.GetTempPath(), $"{name}-{hash}");
        if (Directory.Exists(folder))
        {
            return (folder, "");
        }

        // Installed aside and moved as a whole: a run that is ended in between leaves nothing that looks finished.
        var aside = $"{folder}-{RandomNumberGenerator.GetHexString(16)}";
        try
        {
            Directory.CreateDirectory(aside);
            File.Copy(packageFile, Path.Combine(aside, "package.json"));
            using var npm = Process.Start(new ProcessStartInfo(
                "npm", ["install", "--silent", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", aside]))!;
            if (!npm.WaitForExit(InstallLimit))
            {
                npm.Kill(entireProcessTree: true);
                npm.WaitForExit(EndLimit);
                return ("", $"npm took too long to install the packages of {packageFile}.");
            }

            if (npm.ExitCode != 0)
            {
                return ("", $"npm could not install the packages of {packageFile}.");
            }

            Directory.Move(aside, folder);
            return (folder, "");
        }
        // Another process was faster with the same.
        catch (IOException) when (Directory.Exists(folder))
        {
            return (folder, "");
        }
        catch (Exception e) when (e is Win32Exception or IOException or UnauthorizedAccessException)
        {
            return ("", $"The tests against npm packages need Node and npm: {e.Message}");
        }
        finally
        {
            RemoveWhatCan(aside);
        }
    }

    private static void RemoveWhatCan(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (IOException)
        {
            // Moved away, or an installation that was broken off still writes: a rest in the temporary folder.
        }
    }
}
