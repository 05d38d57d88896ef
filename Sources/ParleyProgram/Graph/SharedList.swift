/// A list that is compared and hashed in one step however deep what it holds is: shapes and lengths of columns are lists
/// inside lists, one inside the other for every join, and are compared for every column.
///
/// Copies share what they hold. Equal lists that were made apart are compared element by element, so whoever makes many
/// should make each once.
public struct SharedList<Element: Hashable & Sendable>: Hashable, Sendable, RandomAccessCollection,
  ExpressibleByArrayLiteral
{
  private final class Storage: Sendable {
    let elements: [Element]
    /// Of this process: not to be stored.
    let hash: Int
    init(_ elements: [Element]) {
      self.elements = elements
      hash = elements.hashValue
    }
  }
  private let storage: Storage

  /// A list of these elements, which copies share.
  public init(_ elements: some Sequence<Element>) { storage = Storage(Array(elements)) }
  public init(arrayLiteral elements: Element...) { self.init(elements) }

  public var startIndex: Int { storage.elements.startIndex }
  public var endIndex: Int { storage.elements.endIndex }
  public subscript(index: Int) -> Element { storage.elements[index] }

  public static func == (a: Self, b: Self) -> Bool {
    a.storage === b.storage || a.storage.hash == b.storage.hash && a.storage.elements == b.storage.elements
  }
  public func hash(into hasher: inout Hasher) { hasher.combine(storage.hash) }
}
