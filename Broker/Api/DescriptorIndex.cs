using Google.Protobuf.Reflection;

namespace SecretsBroker.Api;

/// <summary>Finds, among some files and all that they import, the one that declares a name.</summary>
internal sealed class DescriptorIndex
{
    private readonly Dictionary<string, FileDescriptor> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FileDescriptor> _symbols = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SortedList<int, FileDescriptor>> _extensions = new(StringComparer.Ordinal);

    public DescriptorIndex(IEnumerable<FileDescriptor> files)
    {
        foreach (var file in files.SelectMany(WithDependencies))
        {
            if (_files.TryAdd(file.Name, file))
                Add(file);
        }
    }

    /// <summary>The file, then those that it imports, directly or not; each once.</summary>
    public static IReadOnlyList<FileDescriptor> WithDependencies(FileDescriptor file)
    {
        var files = new List<FileDescriptor> { file };
        for (var i = 0; i < files.Count; i++)
            files.AddRange(files[i].Dependencies.Where(imported => !files.Contains(imported)).ToArray());
        return files;
    }

    public FileDescriptor? FileNamed(string name) => _files.GetValueOrDefault(name);

    /// <param name="symbol">The full name of a message, field, enum, enum value, service, method or extension.</param>
    public FileDescriptor? FileOfSymbol(string symbol) => _symbols.GetValueOrDefault(symbol);

    public FileDescriptor? FileOfExtension(string extendedType, int number) =>
        _extensions.GetValueOrDefault(extendedType)?.GetValueOrDefault(number);

    /// <summary>The numbers of the extensions of a message, or null if there is no such message.</summary>
    public IEnumerable<int>? ExtensionsOf(string extendedType) => _extensions.GetValueOrDefault(extendedType)?.Keys;

    private void Add(FileDescriptor file)
    {
        AddSymbols(file, file.Services);
        AddSymbols(file, file.Services.SelectMany(service => service.Methods));
        AddExtensions(file, file.Extensions);
        foreach (var type in file.EnumTypes)
            Add(file, type, scope: file.Package);
        foreach (var type in file.MessageTypes)
            Add(file, type);
    }

    private void Add(FileDescriptor file, MessageDescriptor message)
    {
        AddSymbols(file, [message, .. message.Fields.InDeclarationOrder(), .. message.Oneofs]);
        ExtensionsTo(message.FullName);
        AddExtensions(file, message.Extensions);
        foreach (var type in message.EnumTypes)
            Add(file, type, scope: message.FullName);
        foreach (var type in message.NestedTypes)
            Add(file, type);
    }

    // A protobuf enum value is a sibling of its enum, not a child.
    private void Add(FileDescriptor file, EnumDescriptor type, string scope)
    {
        AddSymbols(file, [type]);
        foreach (var value in type.Values)
            _symbols.TryAdd(scope.Length == 0 ? value.Name : $"{scope}.{value.Name}", file);
    }

    private void AddExtensions(FileDescriptor file, ExtensionCollection extensions)
    {
        AddSymbols(file, extensions.UnorderedExtensions);
        foreach (var extension in extensions.UnorderedExtensions)
            ExtensionsTo(extension.ExtendeeType.FullName).TryAdd(extension.FieldNumber, file);
    }

    private void AddSymbols(FileDescriptor file, IEnumerable<IDescriptor> descriptors)
    {
        foreach (var descriptor in descriptors)
            _symbols.TryAdd(descriptor.FullName, file);
    }

    private SortedList<int, FileDescriptor> ExtensionsTo(string type)
    {
        if (!_extensions.TryGetValue(type, out var extensions))
            _extensions.Add(type, extensions = []);
        return extensions;
    }
}
