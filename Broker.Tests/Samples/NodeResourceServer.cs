using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.CommandLine;
using SecretsBroker.Tests.Introspection;
using SecretsBroker.Tests.Node;

namespace SecretsBroker.Tests.Samples;

/// <summary>The sample <c>introspection-node</c>, its files as they stand, run with Node and called over TLS.</summary>
internal sealed class NodeResourceServer : IAsyncDisposable
{
    private const int OldestNode = 20;
    private const string Announcement = "Listening on ";

    private static readonly string Source = Path.Combine(Repository.Root, "samples", "introspection-node");
    private static readonly Lazy<(string Folder, string Failure)> Installed = new(
        () => NpmPackages.Install(Path.Combine(Source, "package.json"), "broker-sample-introspection-node"));

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly TemporaryFolder _folder = new();
    private readonly StringBuilder _log = new();
    private readonly X509Certificate2 _certificate = ServerCertificates.Of(IPAddress.Loopback);
    private readonly List<HttpClient> _clients = [];
    private Process? _node;

    private NodeResourceServer()
    {
    }

    public Uri Address { get; private set; } = null!;

    /// <summary>What it printed, to either side.</summary>
    public string Log
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    /// <summary>As the resource server of the invoices, unless it is said otherwise. Ignores the test where Node or the packages cannot be had.</summary>
    /// <param name="endpoint">Where it asks.</param>
    /// <param name="settings">Variables of its environment that are others than usual.</param>
    public static async Task<NodeResourceServer> StartOrIgnoreAsync(string endpoint, params (string Name, string Value)[] settings)
    {
        var packages = await PackagesOrIgnoreAsync();
        var server = new NodeResourceServer();
        try
        {
            await server.StartAsync(endpoint, packages, settings);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>A caller who keeps the connection.</summary>
    /// <param name="certificate">With its key; null for none.</param>
    public HttpClient Connect(X509Certificate2? certificate = null)
    {
        var handler = new SocketsHttpHandler();
        var trusted = _certificate.GetCertHash(HashAlgorithmName.SHA256);
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) =>
            shown is not null && shown.GetCertHash(HashAlgorithmName.SHA256).AsSpan().SequenceEqual(trusted);
        if (certificate is not null)
        {
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate;
        }

        var client = new HttpClient(handler) { BaseAddress = Address, Timeout = Limit };
        _clients.Add(client);
        return client;
    }

    /// <summary>Ends it.</summary>
    /// <returns>All that it has printed: of each request it prints before it answers.</returns>
    public async Task<string> StopAsync()
    {
        _node!.Kill();
        await _node.WaitForExitAsync();
        return Log;
    }

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        if (_node is not null)
        {
            await StopAsync();
            _node.Dispose();
        }

        _certificate.Dispose();
        _folder.Dispose();
    }

    private static async Task<string> PackagesOrIgnoreAsync()
    {
        try
        {
            var version = (await ProgramRun.OfAsync("node", ["--version"])).Output;
            if (!int.TryParse(version.TrimStart('v').Split('.')[0], out var major) || major < OldestNode)
            {
                Assert.Ignore($"The sample needs Node {OldestNode} or later.");
            }
        }
        catch (Win32Exception)
        {
            Assert.Ignore("The sample needs Node and npm.");
        }

        var (folder, failure) = Installed.Value;
        if (failure.Length > 0)
        {
            Assert.Ignore(failure);
        }

        return folder;
    }

    private async Task StartAsync(string endpoint, string packages, (string Name, string Value)[] settings)
    {
        foreach (var file in Directory.EnumerateFiles(Source, "*.mjs").Append(Path.Combine(Source, "package.json")))
        {
            File.Copy(file, PathOf(Path.GetFileName(file)));
        }

        Directory.CreateSymbolicLink(PathOf("node_modules"), Path.Combine(packages, "node_modules"));
        await File.WriteAllTextAsync(PathOf("client.secret"), IntrospectionBroker.Secret + "\n");
        await File.WriteAllTextAsync(PathOf("tls.pem"), _certificate.ExportCertificatePem());
        using (var key = _certificate.GetECDsaPrivateKey()!)
        {
            await File.WriteAllTextAsync(PathOf("tls.key"), key.ExportPkcs8PrivateKeyPem());
        }

        var start = new ProcessStartInfo("node", [PathOf("server.mjs")])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in ((string Name, string Value)[])
            [
                ("INTROSPECTION_ENDPOINT", endpoint),
                ("ISSUER", "https://broker.example/invoices-api"),
                ("AUDIENCE", "invoices-api"),
                ("CLIENT_ID", IntrospectionBroker.Invoices),
                ("CLIENT_SECRET_FILE", PathOf("client.secret")),
                ("TLS_KEY_FILE", PathOf("tls.key")),
                ("TLS_CERTIFICATE_FILE", PathOf("tls.pem")),
                ("PORT", "0"),
                // A machine with much else to do must not look like a broker that hangs.
                ("ASK_LIMIT_MS", "60000"),
                .. settings,
            ])
        {
            start.Environment[name] = value;
        }

        var address = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        var node = new Process { StartInfo = start };
        node.ErrorDataReceived += (_, line) => Note(line.Data);
        node.OutputDataReceived += (_, line) =>
        {
            Note(line.Data);
            if (line.Data is null)
            {
                address.TrySetException(new InvalidOperationException("it ended before it listened"));
            }
            else if (line.Data.StartsWith(Announcement, StringComparison.Ordinal))
            {
                address.TrySetResult(new Uri(line.Data[Announcement.Length..]));
            }
        };
        node.Start();
        _node = node;
        node.BeginErrorReadLine();
        node.BeginOutputReadLine();
        try
        {
            Address = await address.Task.WaitAsync(Limit);
        }
        catch (Exception e) when (e is InvalidOperationException or TimeoutException)
        {
            Assert.Fail($"The sample does not listen: {Log}");
        }
    }

    private string PathOf(string name) => Path.Combine(_folder.Path, name);

    private void Note(string? line)
    {
        lock (_log)
        {
            _log.AppendLine(line);
        }
    }
}
