using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace SecretsBroker.Tests.Policy.Cedar.Conformance;

/// <summary>The official test data, which lies beside the repository and is read in place.</summary>
internal static class OfficialTests
{
    public static string Folder()
    {
        for (var folder = new DirectoryInfo(TestContext.CurrentContext.TestDirectory); folder is not null; folder = folder.Parent)
        {
            var shared = Path.Combine(folder.FullName, "..", "shared", "cedar");
            if (File.Exists(Path.Combine(folder.FullName, "SecretsBroker.sln")) && Directory.Exists(shared))
                return Path.GetFullPath(shared);
        }

        Assert.Ignore("The official Cedar test data is not beside the repository (../shared/cedar).");
        return "";
    }

    public static Dictionary<string, string> Corpus()
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        using var stream = File.OpenRead(Path.Combine(Folder(), "corpus-tests.tar.gz"));
        using var reader = new TarReader(new GZipStream(stream, CompressionMode.Decompress));
        while (reader.GetNextEntry() is { } entry)
        {
            if (entry.DataStream is null)
                continue;
            using var text = new StreamReader(entry.DataStream, Encoding.UTF8);
            files.Add(entry.Name, text.ReadToEnd());
        }

        return files;
    }
}
