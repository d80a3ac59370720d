vacation-trigger = 休假

## 与店主的休假对话

vacation-ask-start = 请问您的休假从哪一天开始？
vacation-ask-end = 好的。请问休假到哪一天结束？
vacation-confirm = 请确认：从 { $start } 到 { $end }（✅ 保存，❌ 取消）。
vacation-saved = 已保存！祝您假期愉快。
vacation-cancelled = 已取消，没有保存任何内容。
vacation-misread-date = { $asked ->
        [start] 抱歉，我没能识别休假的开始日期。
       *[end] 抱歉，我没能识别休假的结束日期。
    }请这样写：{ $iso } 或 { $long }。
vacation-ambiguous-date = 这个日期有两种读法：{ $first } 或 { $second }。请问您指的是哪一个？请按这里的写法回复。
vacation-end-before-start = 结束日期（{ $end }）早于开始日期（{ $start }）。请问您的休假到哪一天结束？
vacation-overlap = 您已有从 { $start } 到 { $end } 的休假。请问您想从另外哪一天开始？
vacation-remind-start = 回到您的休假：请问从哪一天开始？（❌ 取消）
vacation-remind-end = 回到您从 { $start } 开始的休假：请问到哪一天结束？（❌ 取消）
vacation-remind-confirm = 回到您的休假：从 { $start } 到 { $end }，对吗？（✅ 保存，❌ 取消）
date-range = { $start }至{ $end }

## 对客户的休假说明

vacation-only-owner = 抱歉，只有店主可以登记休假。如果您有问题，我很乐意为您解答。
vacation-notice = 我们正在休假，将于 { $back } 恢复营业。感谢您的耐心等待。

## 回答

answer-unknown-handoff = 抱歉，我不知道这个问题的答案，稍后会有工作人员回复您。
answer-unknown = 抱歉，我不知道这个问题的答案。
owner-question =
    { $name } 问：“{ $question }”
    我无法回答，请您亲自回复。
owner-question-nameless =
    一位客户问：“{ $question }”
    我无法回答，请您亲自回复。
answer-language = { $language ->
        [en] 我们的回答是英文：
        [fr] 我们的回答是法文：
        [de] 我们的回答是德文：
        [es] 我们的回答是西班牙文：
        [it] 我们的回答是意大利文：
        [pt] 我们的回答是葡萄牙文：
        [nl] 我们的回答是荷兰文：
        [pl] 我们的回答是波兰文：
        [ru] 我们的回答是俄文：
        [tr] 我们的回答是土耳其文：
        [ar] 我们的回答是阿拉伯文：
        [zh] 我们的回答是中文：
        [ja] 我们的回答是日文：
       *[other] 我们的回答是另一种语言：
    }
clarify = 我不确定是否理解了您的意思。请您换一种说法，或补充一些细节，好吗？

## 无法处理的消息

media-not-understood = 抱歉，我只能阅读文字。请您用文字写下消息，好吗？
apology = 非常抱歉，我们未能处理您的消息。请重新发送，或换一种说法。
replay-too-late = 我们未能处理您 { $time } 的消息；如果仍然需要，请重新发送。
replay-too-late-dated = 我们未能处理您 { $date } { $time } 的消息；如果仍然需要，请重新发送。
too-many-messages = 您发送的消息太多了。{ $minutes ->
       *[other] { $minutes } 分钟
    }后我可以继续为您解答。

## 帮助与店主权限

help-contact = 您好！欢迎提问，例如营业时间、价格或服务。
help-owner = 您好！请输入“{ vacation-trigger }”来登记休假，或提一个问题，看看客户会得到什么回答。
now-owner = 您现在是这里的店主。请输入“{ vacation-trigger }”来登记休假。
link-expired = 此链接已被使用或已过期。请重新获取链接。
