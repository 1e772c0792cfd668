/** Languages that the library has no grammar for: comments, strings, numbers and the words everybody looks for. */
import type { ShjGrammar } from '@speed-highlight/core/tokenize'

const words = (list: string) => new RegExp(`\\b(?:${list.trim().split(/\s+/).join('|')})\\b`, 'g')

const typeNames = { match: /\b[A-Z]\w*/g, type: 'class' } as const
const calls = { match: /\b[a-z_]\w*[?!]?(?= ?\()/g, type: 'func' } as const

/** C++, C#, Kotlin, Swift, Scala, Dart, and what PHP has of them. */
export const curly: ShjGrammar = [
  { match: /\/\/.*|\/\*(?:(?!\*\/)[^])*(?:\*\/)?/g, type: 'cmnt' },
  { match: /"""(?:(?!""")[^])*(?:""")?/g, type: 'str' },
  { expand: 'str' },
  { match: /^[ \t]*#[a-z]+|@\w+/gm, type: 'kwd' },
  { expand: 'num' },
  { match: words('true false null nil nullptr this self super parent'), type: 'bool' },
  {
    match: words(`abstract actor as async auto await base bool break case catch char class const constexpr continue data
      default defer delegate delete do double dynamic echo elseif else enum event explicit extends extension extern final
      finally float fn for foreach friend func function fun global guard if implements import inline inout in int interface
      internal is lateinit lazy let long match mutating mutable namespace new noexcept object operator out override package
      private protected protocol public readonly record required ref repeat return sealed short signed sizeof static string
      struct suspend switch template throws throw trait try typealias typedef typename union unowned unsigned using val var
      virtual void volatile weak when where while with yield use require_once require include`),
    type: 'kwd',
  },
  typeNames,
  calls,
]

export const php: ShjGrammar = [
  { match: /#(?!\[).*/g, type: 'cmnt' },
  { match: /<\?(?:php|=)?|\?>/g, type: 'kwd' },
  { match: /\$\w+/g, type: 'var' },
  ...curly,
]

export const ruby: ShjGrammar = [
  { match: /#(?!\{).*|^=begin\b(?:(?!^=end)[^])*/gm, type: 'cmnt' },
  { expand: 'str' },
  { match: /@{1,2}\w+|(?<![:\w]):\w+[?!]?|\b\w+:(?!:)/g, type: 'var' },
  { expand: 'num' },
  { match: words('true false nil self super'), type: 'bool' },
  {
    match:
      words(`alias and attr_accessor attr_reader attr_writer begin break case class def defined do elsif else end ensure
      extend for if include in lambda loop module next not or private proc protected public puts raise redo require_relative
      require rescue retry return then undef unless until when while yield`),
    type: 'kwd',
  },
  typeNames,
  calls,
]
