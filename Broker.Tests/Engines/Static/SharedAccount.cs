using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Static;

namespace SecretsBroker.Tests.Engines.Static;

/// <summary>One account of a legacy system, whose value all leases of a target share: there is no other for them.</summary>
internal sealed class SharedAccount : IDisposable
{
    public const string Name = "crm-login";

    private readonly LegacySystem _system = new();

    /// <param name="type">How targets come by their account, where not <see cref="SeededType"/> alone says it.</param>
    public SharedAccount(Func<LegacySystem, SeededType>? type = null) => Type = type?.Invoke(_system) ?? new SeededType(_system, [Name]);

    public SeededType Type { get; }

    public static Grant Grant { get; } = TestLeases.Grant("static", new { secrets = new[] { Name }, fields = new[] { "password" } });

    /// <param name="rotates">Whether it takes another value, though not one a lease.</param>
    public Target Target(bool rotates = false) => _system.Target(
        rotates ? new { command = _system.HookCommand, fields = new[] { "password" }, length = 40, exclusive = false } : null,
        olderKeys: [_system.KeyFile]);

    public bool Accepts(Target target, Credential credential) => Type.LogsIn(target, (StaticCredential)credential);

    public void Dispose() => _system.Dispose();
}
