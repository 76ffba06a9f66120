using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace SecretsBroker.Tests.Compat;

/// <summary>What a contract assembly offers to others, each type and member as text.</summary>
internal sealed class Contract
{
    private readonly Dictionary<string, HashSet<string>> _membersByType = new(StringComparer.Ordinal);

    public Contract(Assembly contract)
    {
        using var file = new PEReader(File.OpenRead(contract.Location));
        var reader = file.GetMetadataReader();
        foreach (var handle in reader.TypeDefinitions)
        {
            var type = reader.GetTypeDefinition(handle);
            if (Offers(type.Attributes))
                _membersByType.Add(SignatureText.Name(reader, handle), Members(reader, type));
        }
    }

    public bool Has(string type) => _membersByType.ContainsKey(type);

    public bool Has(string type, string member) =>
        _membersByType.TryGetValue(type, out var members) && members.Contains(member);

    private static HashSet<string> Members(MetadataReader reader, TypeDefinition type)
    {
        var members = new HashSet<string>(StringComparer.Ordinal);
        foreach (var method in type.GetMethods().Select(reader.GetMethodDefinition))
        {
            if (Offers(method.Attributes & MethodAttributes.MemberAccessMask))
                members.Add(SignatureText.Method(
                    reader.GetString(method.Name), method.DecodeSignature(SignatureText.Provider, null)));
        }

        foreach (var field in type.GetFields().Select(reader.GetFieldDefinition))
        {
            if (Offers((MethodAttributes)(field.Attributes & FieldAttributes.FieldAccessMask)))
                members.Add(SignatureText.Field(
                    reader.GetString(field.Name), field.DecodeSignature(SignatureText.Provider, null)));
        }

        return members;
    }

    private static bool Offers(TypeAttributes attributes) => (attributes & TypeAttributes.VisibilityMask)
        is TypeAttributes.Public or TypeAttributes.NestedPublic
        or TypeAttributes.NestedFamily or TypeAttributes.NestedFamORAssem;

    // The numbers of FieldAttributes and MethodAttributes mean the same accesses.
    private static bool Offers(MethodAttributes access) =>
        access is MethodAttributes.Public or MethodAttributes.Family or MethodAttributes.FamORAssem;
}
