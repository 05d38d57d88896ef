/// A path taken apart. Foundation's functions trap on names of one letter.
package enum FilePath {
  /// The folder that the last part is in: "." where the path names none, "/" for the root and what is in it.
  package static func folder(_ path: String) -> String {
    guard let slash = end(path).lastIndex(of: "/") else { return path.hasPrefix("/") ? "/" : "." }
    let folder = path[..<slash]
    let trimmed = folder.lastIndex { $0 != "/" }.map { folder[...$0] } ?? ""
    return trimmed.isEmpty ? "/" : String(trimmed)
  }

  /// The last part; empty for the root and for an empty path.
  package static func name(_ path: String) -> String {
    let end = end(path)
    return String(end[(end.lastIndex(of: "/").map { end.index(after: $0) } ?? end.startIndex)...])
  }

  /// Without slashes at the end.
  private static func end(_ path: String) -> Substring {
    path.lastIndex { $0 != "/" }.map { path[...$0] } ?? ""
  }
}
