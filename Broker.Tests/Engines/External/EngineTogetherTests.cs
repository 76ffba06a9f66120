using System.Text.Json;
using SecretsBroker.Catalog;
using SecretsBroker.Engines.External;

namespace SecretsBroker.Tests.Engines.External;

/// <summary>Targets at one socket: one process is there, and gets the secrets of them all.</summary>
internal sealed class EngineTogetherTests
{
    private static readonly object _first = new { socket = "/run/a.sock", revocability = "destroy", command = new[] { "/opt/a" } };

    [Test]
    public void Targets_of_one_socket_have_one_process()
    {
        Assert.That(FaultsOf(_first, _first), Is.Empty);
        Assert.That(FaultsOf(_first, new { socket = "/run/b.sock", revocability = "destroy", command = new[] { "/opt/b" } }), Is.Empty);
    }

    private static readonly TestCaseData[] Others =
    [
        new TestCaseData(new { socket = "/run/a.sock", revocability = "destroy", command = new[] { "/opt/b" } }).SetArgDisplayNames("another program"),
        new TestCaseData(new { socket = "/run/a.sock", revocability = "destroy", command = new[] { "/opt/a", "-v" } }).SetArgDisplayNames("other arguments"),
        new TestCaseData(new { socket = "/run/a.sock", revocability = "destroy", command = new[] { "/opt/a" }, environment = new { A = "b" } })
            .SetArgDisplayNames("another environment"),
        new TestCaseData(new { socket = "/run/a.sock", revocability = "destroy", command = new[] { "/opt/a" }, owner = 7 }).SetArgDisplayNames("another owner"),
        new TestCaseData(new { socket = "/run/a.sock", revocability = "destroy" }).SetArgDisplayNames("no program"),
    ];

    [TestCaseSource(nameof(Others))]
    public void One_socket_for_two_processes_is_a_fault(object other)
    {
        var fault = FaultsOf(_first, other).Single();

        Assert.That(fault.ToString(), Does.StartWith("targets/t-1/settings/socket: must be another").And.Contain("those of target t-0"));
    }

    [TestCase("/run/../run/a.sock")]
    [TestCase("/run//a.sock")]
    public void Socket_has_one_spelling(string socket)
    {
        var faults = new CatalogFaults();
        ExternalTargetSettings.Read(TargetOf(0, new { socket, revocability = "destroy" }), faults);

        Assert.That(faults.All.Single().ToString(), Does.Contain("must be an absolute path"));
    }

    private static IReadOnlyList<CatalogFault> FaultsOf(params object[] settings)
    {
        var faults = new CatalogFaults();
        TestExternal.Type.ValidateTogether([.. settings.Select((one, index) => TargetOf(index, one))], faults);
        return [.. faults.All];
    }

    private static Target TargetOf(int index, object settings) =>
        new($"t-{index}", ExternalEngineType.TypeName, JsonSerializer.SerializeToElement(settings), 1, TimeSpan.FromSeconds(1));
}
