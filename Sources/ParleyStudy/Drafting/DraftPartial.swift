import ParleyBase
import ParleyProgram

/// A column of the first file that others do not have under its name.
struct PartialColumn {
  let header: String
  var column: DraftColumn
  /// By index, in the order of the column's: those that have it under its name, or under one that is guessed.
  let having: [Int]
  /// Of these, where only its values say that it is there.
  let guessed: Set<Int>
  /// Where nothing is known of it.
  let lacking: [Int]
  /// Whether the draft has a line for it that can be used.
  var isOffered: Bool { column.isOffered }
}

/// Columns that not all files have: they are declared in comments, because what is one column under two names only the
/// holders know.
extension DraftWriter {
  /// Columns of the first file, and the files that have and lack each, by their names.
  private var partial: [(header: String, having: [Int], lacking: [Int])] {
    files[0].headers.compactMap { header in
      let having = files.indices.filter { files[$0].place(of: header) != nil }
      let lacking = files.indices.filter { !having.contains($0) }
      return lacking.isEmpty ? nil : (header, having, lacking)
    }
  }

  /// For each file but the first, what it has that the first one does not have.
  var leftOver: [(file: FileGuess, headers: [String])] {
    files.dropFirst().compactMap { file in
      let left = others(of: file).map { file.headers[$0] }
      return left.isEmpty ? nil : (file, left)
    }
  }

  /// Places of a file's columns that the first file does not have.
  private func others(of file: FileGuess) -> [Int] {
    let matched = Set(files[0].headers.compactMap { file.place(of: $0) })
    return file.headers.indices.filter { !matched.contains($0) }
  }

  /// Marks for no value in columns that may turn out to be one of the first file's.
  var nullsOfOthers: Set<String> {
    let formats = dateFormats()
    let lacking = Set(partial.flatMap(\.lacking))
    return lacking.reduce(into: Set<String>()) { nulls, index in
      for place in others(of: files[index]) {
        nulls.formUnion(alone(index, place, formats).nullsSeen)
      }
    }
  }

  private func alone(_ file: Int, _ place: Int, _ formats: [String]) -> DraftColumn {
    let header = files[file].headers[place]
    return DraftColumn(
      name: header, header: header, files: [files[file]], places: [place], formats: [formats[file]])
  }

  func partialColumns(_ taken: inout Set<String>) -> [PartialColumn] {
    let formats = dateFormats()
    let guesses = guessedPlaces(formats)
    return partial.map { header, having, lacking in
      let found = lacking.filter { guesses[$0]?[header] != nil }
      let all = (having + found).sorted()
      let places = all.compactMap { files[$0].place(of: header) ?? guesses[$0]?[header] }
      return PartialColumn(
        header: header,
        column: DraftColumn(
          name: identifier(header, &taken), header: header, files: all.map { files[$0] }, places: places,
          formats: all.map { formats[$0] }),
        having: all, guessed: Set(found), lacking: lacking.filter { !found.contains($0) })
    }
  }

  /// By file and header of the first one: the only column of the file with values of that kind, if no other column of the
  /// first file could be it too.
  private func guessedPlaces(_ formats: [String]) -> [Int: [String: Int]] {
    let partial = partial
    var guesses: [Int: [String: Int]] = [:]
    for index in files.indices.dropFirst() {
      let lacked = partial.filter { $0.lacking.contains(index) }.map(\.header)
      let places = others(of: files[index])
      let pairs = lacked.map { header in
        places.filter { place in
          guard let own = files[0].place(of: header) else { return false }
          let both = DraftColumn(
            name: header, header: header, files: [files[0], files[index]], places: [own, place],
            formats: [formats[0], formats[index]])
          return both.mayBeOne(alone(0, own, formats), alone(index, place, formats))
        }
      }
      for (header, candidates) in zip(lacked, pairs) where candidates.count == 1 {
        guard pairs.count(where: { $0.contains(candidates[0]) }) == 1 else { continue }
        guesses[index, default: [:]][header] = candidates[0]
      }
    }
    return guesses
  }

  /// Their lines, each as a comment that is a line of the study without its first two characters.
  func unmatched(_ partial: [PartialColumn]) -> [String] {
    var lines: [String] = []
    for entry in partial {
      let names = entry.lacking.map { quoted(files[$0].holder) }.joined(separator: ", ")
      if !entry.lacking.isEmpty {
        lines.append("      # Not in the file\(entry.lacking.count == 1 ? "" : "s") of \(names):")
      }
      for (index, name) in zip(entry.having, entry.column.headers) where entry.guessed.contains(index) {
        lines.append("      # In the file of \(quoted(files[index].holder)) perhaps \(quoted(name)):")
      }
      lines += entry.column.lines().map { line in
        if line.hasPrefix("      - {") { return "# " + line }
        // Without its '#' and the blank after it the line stands where a column's does.
        let text = line.drop { $0 == " " || $0 == "#" }
        return text.hasPrefix("- {") && !entry.column.isDeclared ? "#       \(text)" : "      #   \(text)"
      }
      if entry.column.fault != nil {
        let all = (entry.lacking + entry.guessed).sorted().map { quoted(files[$0].holder) }.joined(separator: ", ")
        lines.append("      #   Then draft again; the draft says how to map what \(all) may call otherwise.")
      }
    }
    for (file, headers) in leftOver {
      lines.append("      # More in the file of \(quoted(file.holder)): \(Self.list(headers, quoted))")
      lines += faults(of: headers, in: file).map { "      #   \($0)" }
    }
    guard !lines.isEmpty else { return [] }
    let advice =
      partial.contains(where: \.isOffered)
      ? [
        "      # Where a file has one of them under another name, take '#' and one blank away at the start of its line here and of its",
        "      # lines under csv-by-holder (with the lines that those stand under), and write that name for NAME.",
      ] : []
    return ["      # Columns that not every file has are left out."] + advice + lines
  }

  /// The same in one line for each file, for whoever runs the command.
  var notes: [String] {
    let partial = partial
    var notes = files.compactMap { file in file.oddRowWords.map { "'\(file.path)': \($0)" } }
    for (index, file) in files.enumerated().dropFirst() {
      let lacking = partial.filter { $0.lacking.contains(index) }.map(\.header)
      guard !lacking.isEmpty else { continue }
      notes.append(
        "'\(file.path)' has no column \(Self.list(lacking) { "'\($0)'" }) of '\(files[0].path)': left out; the draft says how to map what it calls otherwise"
      )
    }
    notes += faults(of: partial.map(\.header), in: files[0]).map { "'\(files[0].path)': \($0)" }
    for (file, headers) in leftOver {
      notes.append(
        "'\(file.path)' has more than '\(files[0].path)', left out: \(Self.list(headers) { "'\($0)'" })")
      notes += faults(of: headers, in: file).map { "'\(file.path)': \($0)" }
    }
    return notes
  }

  /// Cells that keep columns out of the draft, whatever other files have.
  func faults(of headers: [String], in file: FileGuess) -> [String] {
    let format = dateFormats()[files.firstIndex { $0.path == file.path } ?? 0]
    return headers.prefix(20).compactMap { header in
      guard let place = file.headers.firstIndex(of: header) else { return nil }
      return DraftColumn(name: header, header: header, files: [file], places: [place], formats: [format]).fault
    }
  }
}
