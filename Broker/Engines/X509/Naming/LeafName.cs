using System.Net;

namespace SecretsBroker.Engines.X509.Naming;

/// <summary>One name that a lease's certificate carries.</summary>
internal readonly record struct LeafName(NameKind Kind, string Text)
{
    /// <summary>The subject: a common name that says which lease it is, below no directory name.</summary>
    public static readonly LeafName Subject = new(NameKind.Directory, "the subject");

    public static LeafName Dns(string name) => new(NameKind.Dns, name);

    public static LeafName Ip(IPAddress address) => new(NameKind.Ip, address.ToString());

    public static LeafName Of(Uri uri) => new(NameKind.Uri, uri.AbsoluteUri);

    public override string ToString() => Text;
}
